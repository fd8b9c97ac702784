"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy ``cilium.io/v2``."""
