"""Watched folders: what lies in them is imported by itself, and never touched.

`folders.Watcher` tells what is new or changed and has stopped growing, and `intake.bring_in`
imports it.
"""
