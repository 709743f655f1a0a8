"""The forges we talk to, a folder each: its door (pure) and one client file per port."""
