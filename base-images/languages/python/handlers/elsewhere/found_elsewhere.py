def handler(event, context):
    return "elsewhere"
