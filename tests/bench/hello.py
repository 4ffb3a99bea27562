"""The least that Flask can answer with: what the pages of the site are measured against."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "Hello, World!"
