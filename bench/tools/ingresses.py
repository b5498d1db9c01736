"""ingresses.py FOLDER COUNT: writes an Ingress a file, each with a host of its own, all leading to the Service bench/app."""
import os, sys


def ingress(name, host):
    return f"""apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: bench}}
spec:
  ingressClassName: nginx
  rules:
  - host: {host}
    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: app, port: {{name: http}}}}}}}}]}}
"""


if __name__ == "__main__":
    folder, count = sys.argv[1], int(sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        with open(f"{folder}/many-{i}.yaml", "w") as f:
            f.write(ingress(f"many-{i}", f"many-{i}.example.com"))
