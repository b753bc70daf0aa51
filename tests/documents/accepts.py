"""accepts.py SCHEMA DOCUMENTS: for each line of DOCUMENTS, which is JSON, "yes" or "no": whether SCHEMA accepts it."""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
validator_class = jsonschema.validators.validator_for(schema)
if validator_class.META_SCHEMA.get("$id") != schema["$schema"]:
    sys.exit("there is no validator of " + schema["$schema"])
validator_class.check_schema(schema)
validator = validator_class(schema)
with open(sys.argv[2], encoding="utf-8") as file:
    for line in file:
        print("yes" if validator.is_valid(json.loads(line)) else "no")
