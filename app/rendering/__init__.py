"""Render rolls as CSV, XLSX and PDF, and badges as QR codes and PDF sheets.

Knows neither the database nor HTTP: the caller passes the data and gets bytes.
"""
