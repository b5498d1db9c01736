# The image of the gateway: built with the SDK, run on the runtime with the native libraries that it calls.
#   docker build -t registry.example.com/portico:0.1.0 .
ARG DOTNET=10.0

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/ src/
COPY examples/cafe/ examples/cafe/
COPY deploy/helm/ deploy/helm/
RUN dotnet publish src/Portico -c Release -o /portico --no-self-contained

# The runtime with the native libraries that Portico calls; OpenSSL is there already.
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET} AS runtime
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcap2-bin libcrypt1 libnftables1 libnghttp2-14 zlib1g \
 && rm -rf /var/lib/apt/lists/*

FROM runtime
COPY --from=build /portico /portico
# Lets a user that is not root listen on ports 80 and 443 in the node's network; everywhere else the pod's sysctl does.
RUN setcap cap_net_bind_service=+ep /portico/portico
# No diagnostics socket in /tmp.
ENV DOTNET_EnableDiagnostics=0
USER 10001:10001
EXPOSE 80 443 8443 10254
ENTRYPOINT ["/portico/portico"]
CMD ["serve"]
