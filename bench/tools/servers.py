"""servers.py FOLDER COUNT PORT BACKEND_PORT: writes a server of nginx a file, each with a host of its own."""
import os, sys


def server(host, port, backend):
    return f"""server {{
    server_name {host};
    listen 127.0.0.1:{port};
    location / {{
        proxy_set_header Host $http_host;
        proxy_set_header X-Request-ID $req_id;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_pass http://127.0.0.1:{backend};
    }}
}}
"""


if __name__ == "__main__":
    folder, count, port, backend = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        with open(f"{folder}/many-{i}.conf", "w") as f:
            f.write(server(f"many-{i}.example.com", port, backend))
