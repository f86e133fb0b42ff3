module.exports = {
  show(context) {
    context.body = 'First edition';
  },
};
