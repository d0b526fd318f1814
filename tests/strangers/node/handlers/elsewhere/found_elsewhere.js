exports.handler = async () => 'elsewhere';
