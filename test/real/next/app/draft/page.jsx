import { cookies } from 'next/headers';

async function keep(form) {
  'use server';
  const jar = await cookies();
  for (const name of ['title', 'text']) jar.set(name, String(form.get(name)), { httpOnly: true });
}

export default async function Draft() {
  const jar = await cookies();
  const kept = ['title', 'text'].map((name) => jar.get(name)?.value.length ?? 0);
  return (
    <form action={keep}>
      <input name="title" />
      <textarea name="text" />
      <p>{`kept: ${kept.join(' and ')}`}</p>
    </form>
  );
}
