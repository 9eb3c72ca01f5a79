"""Admins' templates: checked on save, rendered in a sandbox, previewed (T1 to T4).

`catalogue` lists the settings that are templates, `grammar` defines what a template may contain, and `meter` limits how
much work it may do.
"""

from shared.templates.catalogue import FIELDS, SAMPLES, Destination, TemplateField, meeting_time
from shared.templates.markup import html_to_text, sanitise
from shared.templates.rendering import Preview, check, one_line, preview, render

__all__ = [
    "FIELDS",
    "SAMPLES",
    "Destination",
    "Preview",
    "TemplateField",
    "check",
    "html_to_text",
    "meeting_time",
    "one_line",
    "preview",
    "render",
    "sanitise",
]
