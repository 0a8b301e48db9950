# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Changes nothing in check mode, and says what would change.
  diff_mode:
    description: Shows in diff mode how files change, or would.
  platform:
    description: The systems that it works on.
    platforms: posix
"""

    READS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: Never changes anything.
  diff_mode:
    support: none
    details: There is nothing to show, because nothing changes.
  platform:
    support: full
    platforms: posix
"""

    WRITES = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    support: full
    platforms: posix
"""
