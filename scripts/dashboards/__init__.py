"""Dashboards as static pages, made from the published marts alone.

blocks.py   what a page is made of, and the SQL that gives it
charts.py   Vega-Lite specifications, by Altair
pages.py    the five pages, declared
site.py     reads the publication, writes the site
templates/  one HTML template, one style sheet, one script
"""
