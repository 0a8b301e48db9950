"""Newer facts from elsewhere: a repository on GitHub, a folder with its checksums, an archive."""
