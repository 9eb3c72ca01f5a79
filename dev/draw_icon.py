"""Draws the add-in's default icon, a camera on a calendar sheet: `python -m dev.draw_icon` writes addin/icon.png."""

from pathlib import Path

from PIL import Image, ImageDraw

ICON = Path(__file__).resolve().parent.parent / "addin" / "icon.png"
SIDE = 80
FINE = 8
"""The icon is drawn at eight times its size and then scaled down for smooth edges."""

INK, PAPER, LENS = "#0b5c6b", "#ffffff", "#f2a33a"


def draw() -> Image.Image:
    """The icon, 80 × 80 pixels with a transparent background."""
    image = Image.new("RGBA", (SIDE * FINE, SIDE * FINE))
    pen = ImageDraw.Draw(image)

    def box(left: float, top: float, right: float, bottom: float, radius: float, colour: str) -> None:
        corners = [edge * FINE for edge in (left, top, right, bottom)]
        pen.rounded_rectangle(corners, radius * FINE, colour)

    box(6, 10, 74, 74, 10, INK)  # the sheet
    for ring in (24, 56):
        box(ring - 4, 3, ring + 4, 19, 4, INK)
        box(ring - 1.5, 6, ring + 1.5, 16, 1.5, PAPER)
    box(12, 24, 68, 68, 5, PAPER)
    box(19, 34, 48, 58, 4, INK)  # the camera
    pen.polygon([(x * FINE, y * FINE) for x, y in ((50, 46), (62, 36), (62, 56))], INK)
    box(28.5, 41, 38.5, 51, 5, LENS)
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    draw().save(ICON, "PNG", optimize=True)
