"""An index that serves only what the policy allows.

``view`` says by what is judged, ``listing`` judges a project's files, ``pages`` writes them as
the simple repository protocol has it: these are pure.  ``upstream`` reads the indexes behind
it, ``wheels`` the metadata and bytes of files, ``application`` answers requests, and
``serving`` runs it.  The last two need the extra ``serve``.
"""

from .project_detail import ProjectDetail, ServedFile, Withheld, evaluate_project
from .view import View, parse_view

__all__ = ["ProjectDetail", "ServedFile", "View", "Withheld", "evaluate_project", "parse_view"]
