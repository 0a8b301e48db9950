#!/bin/sh
# icaljs-recurrence-sets: ical.js moves the yearly event of a February 29 to March 1, and leaves out the first day of an event that recurs by dates.
#
# Seen with: ical.js 2.2.1 (npm), icalendar 7.3.2, recurring-ical-events 3.8.2 (PyPI), Node.js 20,
#            Python 3.11, 2026-11-28
# Expected:  an instance on a day that does not exist is left out and not counted (RFC 5545, 3.3.10:
#            "MUST be ignored and MUST NOT be counted"; moving it is what SKIP of RFC 7529 is for),
#            and DTSTART is the first instance of every recurrence set (3.8.2.4, 3.8.5.2).
#            recurring-ical-events does both
# Behavior:  FREQ=YEARLY from February 29 gives March 1 of each other year, counted; the same rule with
#            BYMONTH=2;BYMONTHDAY=29, and FREQ=MONTHLY from a 31st, are right. An event with two RDATE
#            and no RRULE has two instances instead of three: the one of DTSTART is missing.
# Output:    FREQ=YEARLY;COUNT=3, ical.js: 2024-02-29 2025-03-01 2026-03-01
# Matters:   a calendar client shows another day than the program that wrote the calendar
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { command -v npm && command -v node; } >/dev/null; then echo "skipped: no npm and node"; exit 77; fi
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q icalendar==7.3.2 recurring-ical-events==3.8.2 &&
    npm install --silent --no-audit --no-fund --prefix "$tmp" ical.js@2.2.1; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install the libraries from PyPI and npm"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import subprocess, sys
import icalendar, recurring_ical_events

def calendar(start, rule):
    return "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", "BEGIN:VEVENT", "UID:1@example.org",
        "DTSTAMP:20240101T000000Z", f"DTSTART;VALUE=DATE:{start}", rule, "SUMMARY:renew",
        "END:VEVENT", "END:VCALENDAR", ""])

PROGRAM = """
const ICAL = (await import("ical.js")).default;
const event = new ICAL.Component(ICAL.parse(process.argv[1])).getFirstSubcomponent("vevent");
const days = new ICAL.Event(event).iterator();
const all = [];
for (let day = days.next(); day && all.length < 9; day = days.next()) all.push(String(day));
console.log(all.join(" "));
"""

def ical_js(text):
    command = ["node", "--input-type=module", "-e", PROGRAM, text]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

def recurring(text):
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between((2020, 1, 1), (2040, 1, 1))
    return " ".join(sorted(str(event.start) for event in found))

failed = False
for start, rule, theirs, right in [
    ("20240229", "RRULE:FREQ=YEARLY;COUNT=3", "2024-02-29 2025-03-01 2026-03-01", "2024-02-29 2028-02-29 2032-02-29"),
    ("20240229", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3", "2024-02-29 2028-02-29 2032-02-29", "2024-02-29 2028-02-29 2032-02-29"),
    ("20260131", "RRULE:FREQ=MONTHLY;COUNT=3", "2026-01-31 2026-03-31 2026-05-31", "2026-01-31 2026-03-31 2026-05-31"),
    ("20260409", "RDATE;VALUE=DATE:20260501,20260601", "2026-05-01 2026-06-01", "2026-04-09 2026-05-01 2026-06-01"),
]:
    text = calendar(start, rule)
    for name, seen, meant in [("ical.js", ical_js(text), theirs), ("recurring-ical-events", recurring(text), right)]:
        failed |= seen != meant
        print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {rule}, {name}: {seen}")
sys.exit(failed)
PY
