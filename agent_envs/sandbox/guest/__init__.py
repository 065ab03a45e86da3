"""The process inside a sandbox that serves it: the standard library alone, for it runs without site-packages.

It works with paths as strings: importing pathlib would take as long as all else that it does to begin.
"""
