const { existsSync, mkdirSync } = require('node:fs');
const express = require('express');
const session = require('express-session');
const multer = require('multer');

const app = express();
const directory = process.env.UPLOADS_DIR ?? 'uploads';
mkdirSync(directory, { recursive: true });
const upload = multer({
  storage: multer.diskStorage({
    destination: directory,
    filename: (_request, file, done) => done(null, file.originalname),
  }),
});

app.set('trust proxy', 'loopback');
app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false }));
app.use(express.urlencoded());

app.get('/', (_request, response) => response.send('<h1>First edition</h1>'));
app.post('/login', (request, response) => {
  request.session.user = request.body.user;
  // What identity providers send along, in parts since a cookie has 4 kB at most.
  for (const part of ['one', 'two'])
    response.cookie(`token.${part}`, part.repeat(700).slice(0, 2000));
  response.redirect('/me');
});
app.get('/me', (request, response) => {
  if (!request.session.user) return response.sendStatus(401);
  return response.json({
    user: request.session.user,
    cookies: (request.headers.cookie ?? '').length,
    from: request.ip,
  });
});
app.post('/upload', upload.single('picture'), (request, response) =>
  response.json({ name: request.file.filename, stored: existsSync(request.file.path) }),
);

app.listen(process.env.PORT ?? 3000);
