"""Finds an element of a window by its role and what is read out of it through AT-SPI, as a screen reader does.

atspi.py find ROLE NAME SECONDS   prints "x y width height" of the first one that shows and is enabled
atspi.py gone ROLE NAME SECONDS   waits until there is none
atspi.py focused ROLE NAME SECONDS   waits until that one has the focus, and prints what is read out after its name
atspi.py tree                     prints all that can be heard

A NAME that ends in "*" is the beginning of one.
"""

import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402


def walk(node, depth=0):
    try:
        yield node, depth
        for i in range(node.get_child_count()):
            child = node.get_child_at_index(i)
            if child is not None:
                yield from walk(child, depth + 1)
    except Exception:  # what is walked may go away meanwhile
        return


def place(node):
    try:
        e = node.get_extents(Atspi.CoordType.SCREEN)
        return (e.x, e.y, e.width, e.height)
    except Exception:
        return (0, 0, 0, 0)


def usable(node):
    states = node.get_state_set()
    return states.contains(Atspi.StateType.SHOWING) and states.contains(Atspi.StateType.ENABLED)


def said(node):
    """What is read out: the name, or the text of what is there to be read alone."""
    name = node.get_name()
    if name or node.get_role_name() not in ("paragraph", "notification", "status bar"):
        return name
    try:
        return Atspi.Text.get_text(node, 0, -1)
    except Exception:  # it has none
        return ""


def named(node, name):
    heard = said(node)
    return heard.startswith(name[:-1]) if name.endswith("*") else heard == name


def focused(role, name):
    for node, _ in walk(Atspi.get_desktop(0)):
        try:
            if node.get_role_name() == role and named(node, name) and node.get_state_set().contains(Atspi.StateType.FOCUSED):
                return (node.get_description(),)
        except Exception:
            continue
    return None


def find(role, name):
    for node, _ in walk(Atspi.get_desktop(0)):
        try:
            if role in ("*", node.get_role_name()) and named(node, name) and usable(node):
                x, y, w, h = place(node)
                if w > 0 and h > 0:
                    return (x, y, w, h)
        except Exception:
            continue
    return None


def main(args):
    if args[0] == "tree":
        for node, depth in walk(Atspi.get_desktop(0)):
            try:
                print("  " * depth + node.get_role_name(), repr(said(node)), *place(node))
            except Exception:
                continue
        return 0
    want, role, name, seconds = args[0] != "gone", args[1], args[2], float(args[3])
    look = focused if args[0] == "focused" else find
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look(role, name)
        if (found is not None) == want:
            print(*(found or ()))
            return 0
        time.sleep(0.05)
    return 1


sys.exit(main(sys.argv[1:]))
