"""The lifecycle for people and programs: tables, a page, a drawing, a calendar, JSON.

Each module is one form; all of them are functions from statuses to text.
"""
