exports.handler = async () => "index";
