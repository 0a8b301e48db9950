"""Dockerfiles, images and their layers."""
