// The least contrast of any text with its ground, as WCAG counts it.
() => {
  const channels = (text) => text.match(/[\d.]+/g).map(Number);
  const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = channels(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  const ratios = [...document.querySelectorAll("body *")]
    .filter((element) => hasText(element) && !["SCRIPT", "NOSCRIPT", "OPTION"].includes(element.tagName))
    .map((element) => [light(channels(getComputedStyle(element).color)), light(ground(element))].sort((left, right) => right - left))
    .map(([more, less]) => (more + 0.05) / (less + 0.05));
  return Math.min(...ratios);
}
