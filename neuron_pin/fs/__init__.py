"""Files and folders: atomic writes, bounded reads, compression, scratch folders, TOML."""
