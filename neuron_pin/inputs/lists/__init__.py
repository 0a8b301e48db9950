"""Lists of what is installed somewhere: of package managers, and bills of materials."""
