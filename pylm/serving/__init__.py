# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A server with the interface that clients of OpenAI's completions speak; `pylm serve`. Needs starlette and uvicorn."""
