"""The figures of a report, as SVG that a page of any width and colour scheme can have in it.

| module | figures |
|---|---|
| ``forest`` | all differences of one comparison |
| ``strip`` | one difference, in a line of a list |
| ``figures`` | accuracies, learning curves, dose responses, classes, confusions |
| ``responses`` | differences over epochs, accuracies over images |
| ``conditions`` | candidates under conditions |

``stylesheet.stylesheet()`` is the CSS that a page with any of them needs; ``stylesheet.standalone`` makes one a file.
"""
