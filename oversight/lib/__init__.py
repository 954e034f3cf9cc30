"""What every app may use: no models, and nothing imported from any app."""
