"""Requirements on the command line, in files and in projects."""
