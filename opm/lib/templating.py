"""Jinja as this site uses it: what is the same each time a template is drawn is looked up once, when it is compiled.

That is a text that nothing is filled into, and the address of a file of ours. Some forty stand on a page.
"""

from flask.templating import Environment as FlaskEnvironment
from jinja2 import nodes
from jinja2.visitor import NodeTransformer


class Environment(FlaskEnvironment):
    """`lasting` holds the functions whose answers hold as long as the process, by the names that templates know."""

    def __init__(self, app, **options):
        super().__init__(app, **options)
        self.lasting = {}

    def compile(self, source, *args, **options):
        """The template's code, what lasts written into it."""
        if isinstance(source, str):
            source = _Once(self.lasting).visit(self.parse(source, *args[:2]))
        return super().compile(source, *args, **options)

    def make_globals(self, d):
        """The site's own where a template has none: to lay an empty dictionary over them makes each look-up slow."""
        return super().make_globals(d) if d else self.globals


class _Once(NodeTransformer):
    """Puts what a lasting function answers in the place of its call, if all that it is given stands in the template."""

    def __init__(self, lasting):
        self.lasting = lasting

    def visit_Call(self, node):
        self.generic_visit(node)
        make = self.lasting.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if make is None or node.kwargs or not all(isinstance(given, nodes.Const) for given in node.args):
            return node
        answer = nodes.Const(make(*(given.value for given in node.args)), lineno=node.lineno)
        return nodes.MarkSafeIfAutoescape(answer, lineno=node.lineno)
