# JupyterLab with the workbook, for `docker compose up`: see docker-compose.yml.
ARG BASE=python:3.13-slim
FROM ${BASE}

RUN useradd --create-home --user-group learner
USER learner
RUN mkdir /home/learner/workbook
WORKDIR /home/learner/workbook

# The environment before the rest: it stays when only notebooks or checks have changed.
COPY --chown=learner:learner pyproject.toml requirements.txt README.md LICENSE ./
COPY --chown=learner:learner workshop/ workshop/
RUN python3 -c "from workshop import bootstrap; bootstrap.prepare('requirements.txt')"

COPY --chown=learner:learner . .
# Volumes get their owner from the folders that they are put on.
RUN mkdir -p ecommerce-db .workshop

EXPOSE 8888
ENTRYPOINT ["python3", "-m", "workshop"]
CMD ["lab", "--no-browser", "--ip=0.0.0.0", "--port=8888"]
