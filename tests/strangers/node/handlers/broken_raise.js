const { HandlerError } = require('./fn.js');

console.log('about to fail');
throw new HandlerError('init failed');
