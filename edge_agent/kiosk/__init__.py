"""The local HTTP and WebSocket API for the kiosk; serves ui_kiosk's build. Decides nothing."""
