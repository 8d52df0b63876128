"""What tests in a browser measure, and the sizes of the screens."""

from __future__ import annotations

# width and height of a phone and of a screen
PHONE, SCREEN = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
# the contrast of the text of an element and its ground (WCAG 2), which may be several transparent ones
CONTRAST = """(element) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground_of = (each) => numbers(getComputedStyle(each).backgroundColor);
  const grounds = [];
  for (let each = element; each; each = each.parentElement) grounds.unshift(ground_of(each));
  const over = (below, [r, g, b, alpha = 1]) => below.map((each, n) => each * (1 - alpha) + [r, g, b][n] * alpha);
  const light = (colour) => colour.map((each) => each / 255)
    .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
    .reduce((sum, each, n) => sum + each * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = grounds.reduce(over, [255, 255, 255]);
  const two = [light(over(ground, numbers(getComputedStyle(element).color))), light(ground)].sort((a, b) => b - a);
  return (two[0] + 0.05) / (two[1] + 0.05);
}"""
