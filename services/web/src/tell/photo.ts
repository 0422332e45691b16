/** A photo made smaller on the user's own device: nothing but its pixels is sent. */

const LONGEST = 1600;
const QUALITY = 0.85;

export interface Photo {
  readonly blob: Blob;
  /** What is sent, to be looked at before */
  readonly preview: HTMLCanvasElement;
}

/** Throws where the browser cannot read it. */
export async function shrink(file: Blob): Promise<Photo> {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const preview = document.createElement('canvas');
  preview.width = Math.max(1, Math.round(image.width * scale));
  preview.height = Math.max(1, Math.round(image.height * scale));
  const context = preview.getContext('2d');
  if (!context) throw new Error('photo: no canvas');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, preview.width, preview.height);
  context.drawImage(image, 0, 0, preview.width, preview.height);
  image.close();
  const blob = await new Promise<Blob | null>((done) => { preview.toBlob(done, 'image/jpeg', QUALITY); });
  if (!blob) throw new Error('photo: not written');
  return { blob, preview };
}
