"""Renewing the examples of a page changes what they print, and nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.docs.examples import rewrite

PAGE = """# A page

```console
$ printf 'a\\nb\\n' # ringfence
old
$ false
$ echo $?
0
```

1. In a list:

    ```console
    $ printf '%s\\n' \\
        x
    ```

```console
$ printf '1\\n2\\n3\\n'
1
...
3
```

```sh
kubectl get pods
```
"""


def test_examples_are_renewed_and_the_rest_is_kept(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    rewrite(page)
    expected = (
        PAGE.replace("old\n", "a\nb\n").replace("$?\n0\n", "$?\n1\n").replace("        x\n", "        x\n    x\n")
    )
    assert page.read_text(encoding="utf-8") == expected
