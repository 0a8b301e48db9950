"""Newer lists of images: what they have beyond the known ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.images import ContainerImage, Images, MachineImage, load_images
from neuron_pin.catalog.importer.image_lists import (
    find_guide_release,
    is_image_list,
    is_machine_guide,
    merge_machines,
    read_container_images,
    read_machine_images,
)
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import NamedTuple

MAX_BYTES = 4 * 1024 * 1024
MAX_FOLDERS = 5_000
"""Most folders that are looked at for a user guide."""


class NewImages(NamedTuple):
    """Images that were not known, and all that are known then; ``unread`` are user guides that
    name no release."""

    containers: tuple[ContainerImage, ...]
    machines: tuple[MachineImage, ...]
    images: Images
    unread: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Whether there are any."""
        return bool(self.containers or self.machines)

    def lines(self) -> Iterator[str]:
        """For people."""
        for container in self.containers:
            yield f"image  {container.label} [{container.source}]"
        for machine in self.machines:
            sdk = machine.releases[-1]
            yield f"image  {machine.name} of SDK {sdk} [{machine.source}]"
        for path in self.unread:
            yield f"not understood  {path}: the guide of machine images names no one release"


def is_list_of_images(path: str) -> bool:
    """Whether a path is a list of container tags, or a folder with one at its top."""
    return bool(_find_list(path))


def _find_list(path: str) -> str:
    path = os.path.join(path, "README.md") if os.path.isdir(path) else path
    return path if os.path.isfile(path) and is_image_list(path) else ""


def find_new_images(lists: Sequence[str], folders: Sequence[str], known: Catalog) -> NewImages:
    """What lists of container tags, and user guides of machine images in folders of pages, have
    that is not known.

    Raises `UnreadableInput` for a list or a guide that is none, or contradicts itself.
    """
    images = load_images(known)
    found = {(image.repository, image.tag): image for image in images.containers}
    fresh: list[ContainerImage] = []
    registries = dict(images.registries)
    for path in filter(None, map(_find_list, lists)):
        name = os.path.relpath(path, os.path.dirname(os.path.dirname(os.path.abspath(path))))
        for image in read_container_images(path, name):
            key = image.repository, image.tag
            own = registries.get(image.repository, ())
            registries[image.repository] = tuple(dict.fromkeys((*own, *image.registries)))
            if key not in found:
                found[key] = image
                fresh.append(image)
    machines, unread = images.machines, []
    for folder, path in _find_guides(folders):
        text = read_bounded(path, MAX_BYTES, UnreadableInput).decode("utf-8", "replace")
        sdk = find_guide_release(text)
        if not sdk:
            unread.append(path)
            continue
        page = os.path.relpath(path, os.path.dirname(os.path.abspath(folder)))
        machines = merge_machines(machines, read_machine_images(path, sdk, f"{page}, {sdk}"))
    order = sorted(found.values(), key=lambda i: (i.repository, i.order, i.tag))
    return NewImages(
        tuple(fresh),
        tuple(machine for machine in machines if machine not in images.machines),
        Images(tuple(order), tuple(machines), registries),
        tuple(unread),
    )


def _find_guides(folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The user guides of machine images below folders, or named themselves."""
    looked = 0
    for folder in folders:
        if not os.path.isdir(folder):
            if is_machine_guide(os.path.abspath(folder)):
                yield os.path.dirname(os.path.abspath(folder)), folder
            continue
        for place, below, files in os.walk(folder):
            below.sort()
            looked += 1
            if looked > MAX_FOLDERS:
                raise UnreadableInput(folder, None, f"holds more than {MAX_FOLDERS} folders")
            for name in sorted(files):
                path = os.path.join(place, name)
                if name.endswith(".rst") and is_machine_guide(path):
                    yield folder, path
