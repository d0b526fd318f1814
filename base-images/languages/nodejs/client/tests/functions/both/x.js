exports.handler = async () => "js";
