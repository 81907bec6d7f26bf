"""Images of the first QR code on a page of a PDF, for a scanner."""

from PIL import Image
from pypdf import PageObject

from app.rendering import qr

SCALE = 8


def render_qr_code(page: PageObject, text: str) -> Image.Image:
    """Render the rectangles of the page on the grid of a QR code of this text."""
    contents = page.get_contents()
    assert contents is not None
    before, _, _ = contents.get_data().decode("latin-1").partition(" re f")
    numbers = [int(number) for number in before.rpartition("\n")[2].split() if number != "re"]
    side = len(qr.encode_qr_code(text).matrix) + 2 * qr.QUIET_ZONE
    image = Image.new("L", (side, side), 255)
    for x, y, width, height in zip(*[iter(numbers)] * 4, strict=True):
        image.paste(0, (x, side - y - height, x + width, side - y))
    return image.resize((side * SCALE, side * SCALE), Image.Resampling.NEAREST)
