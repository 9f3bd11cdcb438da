/** A picture from the camera, made small in the browser: at most 1280 px and 400 kB of JPEG, without where it was taken. */

const LONGEST_PX = 1280;
const MOST_BYTES = 400_000;
const QUALITIES = [0.8, 0.65, 0.5, 0.35] as const;

/** Rejects for what is no picture. Drawing it anew leaves out what the camera wrote into it (place, device). */
export async function shrink(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  let made: Blob | null = null;
  for (const quality of QUALITIES) {
    made = await new Promise<Blob | null>((done) => {
      canvas.toBlob(done, 'image/jpeg', quality);
    });
    if (made !== null && made.size <= MOST_BYTES) break;
  }
  if (made === null) throw new Error('no JPEG');
  return made;
}

/** For `<img src>`: the page's policy allows data, not blobs. */
export function asData(blob: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => {
      done(typeof reader.result === 'string' ? reader.result : '');
    };
    reader.onerror = () => {
      fail(new Error('unreadable'));
    };
    reader.readAsDataURL(blob);
  });
}
