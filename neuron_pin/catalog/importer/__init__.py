"""Newer facts, read from the vendor's manifest and announcement pages."""
