// Inside namespace Portico.Ingress the bare word Ingress means the namespace, so the object goes by another name.
global using IngressResource = Portico.Kubernetes.Resources.Ingress;
