// Starts the page: the bar above, the explorer below.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Bar } from './bar.jsx';
import { Explorer } from './explorer.jsx';
import './workers.js';
import './style.css';

createRoot(document.getElementById('app')).render(<StrictMode><Bar /><Explorer /></StrictMode>);
