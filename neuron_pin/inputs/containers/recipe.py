"""What a Dockerfile or a script does, as the environments that come of it."""

from __future__ import annotations

from neuron_pin.errors import UnreadableInput
from neuron_pin.record import NamedTuple

from .helm import HelmChart
from .image_reference import BaseImage
from .installation import Installation, NotUnderstood
from .session import WrittenFile


class Stage(NamedTuple):
    """What is installed together: one FROM and what follows it, or one way through a script.

    ``base`` is the image that it comes from in the end, none where that is not known or there is
    none; ``number`` counts stages, ``parent`` is the stage it is built on, -1 for an image.
    ``indexes`` are those that the environment or pip's configuration names, ``unread`` what its
    commands say that was not understood.  ``copies`` are files of the build context by where
    they are copied to, ``written`` the files that the commands themselves have.

    ``label`` says which alternative of a file it is (``where $ID is amzn``), empty for the only
    one; ``system`` is the operating system that it is for, or the beginning of its name.
    ``folders`` are where its files are looked for, empty for the folder of a Dockerfile.
    ``is_image`` says that it is in a container, false where that is not known.  ``charts`` are
    those that Helm installs.
    """

    number: int
    parent: int
    base: BaseImage | None
    installations: tuple[Installation, ...]
    indexes: tuple[str, ...]
    unread: tuple[NotUnderstood, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    written: tuple[WrittenFile, ...] = ()
    label: str = ""
    system: str = ""
    folders: tuple[str, ...] = ()
    is_image: bool = True
    charts: tuple[HelmChart, ...] = ()


MAX_IMAGES = 200
"""Images that one file names, which are judged."""


class NamedImage(NamedTuple):
    """An image that a file names and installs nothing into: a container's reference, or where it
    ``is_machine`` the name of a machine image, with a pattern in the place of its day, or its
    parameter."""

    text: str
    line: int
    is_machine: bool = False


class Recipe(NamedTuple):
    """The stages of a file in order; ``unread`` is what is in none of them, ``problems`` what no
    program would take.  ``has_fixes`` says whether a word of it can be written anew as the shell
    has it: in a file of another form that may break it.  ``images`` are those that it names
    beside the ones of its stages."""

    stages: tuple[Stage, ...]
    unread: tuple[NotUnderstood, ...]
    problems: tuple[UnreadableInput, ...]
    has_fixes: bool = True
    images: tuple[NamedImage, ...] = ()
