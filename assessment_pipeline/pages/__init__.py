"""Pages: results as people read them, one self-contained HTML file each.

Pure rendering: frozen models in, text out. Templates, style sheets and labels lie beside the
modules as package data. Not here: reading a home and writing files, which `services` do. Jinja2
and Matplotlib are imported where they are used, because most commands need neither.
"""
