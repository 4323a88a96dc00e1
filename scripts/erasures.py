"""Who was erased: what landing has to leave out, also in a warehouse built anew.

The ids themselves are nowhere: `<warehouse>.erasures.json` keeps a salt and the salted
hashes of conversations and customers. It lies beside the warehouse, not in it, so that
it outlives the warehouse.
"""

import hashlib
import json
import re
import secrets
from pathlib import Path

REASON = "of an erased conversation or customer"
# At any depth of a record; 123 where an export writes an id as a number.
IDS = re.compile(
    rb'"(?:conversation_id|customer_id|conversationName|obfuscatedExternalUserId)"'
    rb'\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9]+)'
)


class ErasedIds:
    """The list of a warehouse: empty where nobody was ever erased."""

    def __init__(self, warehouse):
        warehouse = Path(warehouse)
        self._path = warehouse.with_name(warehouse.name + ".erasures.json")
        self._salt, self._hashes = secrets.token_hex(16), set()
        if self._path.exists():
            kept = json.loads(self._path.read_text())
            self._salt, self._hashes = kept["salt"], set(kept["hashes"])

    def hash(self, name):
        return hashlib.sha256(f"{self._salt}{name}".encode()).hexdigest()

    def add(self, names):
        """Adds ids; the file has them, or none of them, at any instant."""
        self._hashes |= {self.hash(name) for name in names}
        draft = self._path.with_name(self._path.name + ".new")
        content = {"salt": self._salt, "hashes": sorted(self._hashes)}
        draft.write_text(json.dumps(content, indent=1))
        draft.replace(self._path)

    def are_in(self, text):
        """Whether a line, or a block of lines, names someone who was erased."""
        if not self._hashes:
            return False
        return any(
            self.hash(name) in self._hashes
            for found in IDS.finditer(text)
            for name in _names(found[1])
        )


def _names(text):
    try:
        name = str(json.loads(text))
    except ValueError:  # not UTF-8, or a wrong escape
        name = text.decode("utf-8", "replace").strip('"')
    # Of conversationName the last segment is the id.
    return {name, name.rpartition("/")[2]}
