"""What leaves the service on paper: a roll as a file that proves itself, badges and their QR codes.

It knows no database and no HTTP: whoever asks brings the roll along, and gets bytes.
"""
