"""Files for Kubernetes clusters: manifests, Helm charts and their values, Kustomize, Compose."""
