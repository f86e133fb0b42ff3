import { revalidatePath } from 'next/cache';

export async function POST() {
  revalidatePath('/stock');
  return new Response('will be counted again');
}
