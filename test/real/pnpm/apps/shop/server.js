const express = require('express');
const { price } = require('prices');

const app = express();
app.get('/', (_request, response) => response.send(`A hat is ${price('hat')}.`));
app.listen(process.env.PORT ?? 3000, process.env.HOST);
