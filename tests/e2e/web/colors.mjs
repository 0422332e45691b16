/** Share of the pixels of a picture of the page (or of `clip` of it) by colour, the commonest first. */
export async function shares(page, clip) {
  const shot = await page.screenshot(clip ? { clip } : {});
  return page.evaluate(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const counts = new Map();
    for (let i = 0; i < data.length; i += 4) {
      const color = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      counts.set(color, (counts.get(color) ?? 0) + 1);
    }
    const pixels = data.length / 4;
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 12).map(([color, count]) => [color, count / pixels]);
  }, `data:image/png;base64,${shot.toString('base64')}`);
}
